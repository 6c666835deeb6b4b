namespace Ltx.Server.Tests.Support;

/// <summary>Tests that measure or that load the whole machine: nothing runs beside them.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public class RunsAlone;
