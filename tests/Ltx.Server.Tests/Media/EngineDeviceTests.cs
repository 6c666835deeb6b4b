using Ltx.Inference;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Tests.Media;

public class EngineDeviceTests
{
    [Fact]
    public void Two_workers_do_not_share_a_card() =>
        Assert.Equal(
            "cuda:1 is one card for 2 workers, and each needs one of its own; cuda gives every worker the card of its number.",
            Assert.Throws<InferenceException>(() => EngineDevice.Choose("cuda:1", worker: 0, workers: 2)).Message);

    [Fact]
    public void Workers_on_a_processor_share_it() => Assert.Equal(DeviceType.CPU, EngineDevice.Choose("cpu", worker: 1, workers: 2).type);
}
