using Ltx.Inference.AudioVae;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Waveform to latent, and another latent to mel and waveform.</summary>
internal sealed class AudioCase : IParityCase
{
    // On the CPU libtorch rounds sin and exp differently at the ends of every thread's share, and a vocoder of random weights makes
    // 1e-4 of that 1e-7: the reference misses its own golden when it is run with another number of threads. The goldens were
    // computed with 16, and with 16 the mel spectrogram comes out bit for bit and the waveform to 5e-9.
    private const int ThreadsOfGoldens = 16;

    public bool Handles(string name) => name == "audio";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        int threads = get_num_threads();
        set_num_threads(ThreadsOfGoldens);
        try
        {
            Compute(golden, context, report);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static void Compute(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using AudioCodec codec = new(context.Checkpoint, context.Device, context.Type);
        int inRate = golden.Value<int>("in_rate"), outRate = golden.Value<int>("out_rate");
        if (outRate != codec.OutputRate) report.Fail($"out_rate is {outRate}, and the vocoder makes {codec.OutputRate}");
        Tensor latent = codec.Encode(golden.Tensor("in.waveform"), inRate);
        Tensor mel = codec.DecodeMel(golden.Input("in.latent", context));
        Tensor waveform = codec.Decode(golden.Input("in.latent", context));
        foreach (string name in golden.Names("out."))
        {
            switch (name)
            {
                case "out.latent":
                    report.Compare(name, latent, golden.Tensor(name));
                    break;
                case "out.mel":
                    report.Compare(name, mel, golden.Tensor(name));
                    break;
                case "out.waveform":
                    report.Compare(name, waveform, golden.Tensor(name));
                    break;
                default:
                    report.Fail($"{name}: nothing computes it");
                    break;
            }
        }
    }
}
