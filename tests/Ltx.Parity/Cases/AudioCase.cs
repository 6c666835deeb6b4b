using Ltx.Inference.AudioVae;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Waveform to latent, and another latent to mel and waveform.</summary>
internal sealed class AudioCase : IParityCase
{
    public bool Handles(string name) => name == "audio";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
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
