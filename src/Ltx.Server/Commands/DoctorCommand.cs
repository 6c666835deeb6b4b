using System.CommandLine;
using Ltx.Server.Diagnosis;

namespace Ltx.Server.Commands;

/// <summary>`ltx doctor`: what this machine has, what it lacks, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Command command = new("doctor", "Looks at libtorch, GPU, ffmpeg, memory and models, and says what is missing.");
        command.SetAction((_, cancellation) => CommandFailure.Guard(async () =>
        {
            bool healthy = true;
            await foreach (Finding finding in Doctor.ExamineAsync(cancellation))
            {
                Console.WriteLine($"{(finding.Verdict switch { Verdict.Good => "ok     ", Verdict.Missing => "MISSING", _ => "-      " })}  {finding.What,-10}  {finding.Fact}");
                if (finding.Advice is { } advice) Console.WriteLine($"{"",21}{advice}");
                healthy &= finding.Verdict != Verdict.Missing;
            }
            return healthy ? 0 : CommandFailure.Ours;
        }, cancellation));
        return command;
    }
}
