using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;

namespace Ltx.Inference.Costs;

/// <summary>What the text's parts are, by their configs.</summary>
internal sealed record TextConfigs(GemmaConfig Gemma, ConnectorConfig VideoConnector, ConnectorConfig AudioConnector, TransformerConfig Transformer);
