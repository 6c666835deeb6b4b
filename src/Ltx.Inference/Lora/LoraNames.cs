namespace Ltx.Inference.Lora;

/// <summary>
/// From the names that trainers give to the names of this model's layers. A name is only taken apart as far as a layer is found.
/// </summary>
internal sealed class LoraNames
{
    // Tried in this order; longer ones first where one begins with another.
    private static readonly string[] Prefixes = ["base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "velocity_model.", "model.", "dit.", "unet.", "pipe.", ""];

    // Flattened names (kohya and its forks): every dot is an underscore. Behind the first come any of the second, which name the part of a pipeline.
    private static readonly string[] FlatPrefixes = ["lora_", "lycoris_"], FlatParts = ["unet_", "transformer_", "dit_", "base_model_model_", "model_", "diffusion_model_"];

    // What torch's and PEFT's wrappers (compile, data parallel, sharding, activation checkpoints, a layer under an adapter) put into a name, anywhere.
    private static readonly string[] Wrappers = ["_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "base_layer"];

    // Diffusers' names of the layers outside and inside the blocks that it renamed. Source: huggingface/diffusers, LTX-2 conversion.
    private static readonly Dictionary<string, string> DiffusersTop = new(StringComparer.Ordinal)
    {
        ["proj_in"] = "patchify_proj",
        ["audio_proj_in"] = "audio_patchify_proj",
        ["time_embed"] = "adaln_single",
        ["audio_time_embed"] = "audio_adaln_single",
        ["prompt_adaln"] = "prompt_adaln_single",
        ["audio_prompt_adaln"] = "audio_prompt_adaln_single",
        ["av_cross_attn_video_scale_shift"] = "av_ca_video_scale_shift_adaln_single",
        ["av_cross_attn_audio_scale_shift"] = "av_ca_audio_scale_shift_adaln_single",
        ["av_cross_attn_video_a2v_gate"] = "av_ca_a2v_gate_adaln_single",
        ["av_cross_attn_audio_v2a_gate"] = "av_ca_v2a_gate_adaln_single",
    };

    private readonly HashSet<string> layers;
    private readonly Dictionary<string, string> flattened;

    /// <param name="layers">names of the model's linear layers</param>
    public LoraNames(IEnumerable<string> layers)
    {
        this.layers = layers.ToHashSet(StringComparer.Ordinal);
        flattened = this.layers.ToDictionary(Flat, name => name, StringComparer.Ordinal);
        foreach ((string diffusers, string native) in DiffusersTop)
        {
            foreach (string layer in this.layers.Where(layer => layer == native || layer.StartsWith(native + ".", StringComparison.Ordinal)))
            {
                flattened.TryAdd(Flat(diffusers + layer[native.Length..]), layer);
            }
        }
    }

    /// <summary>The layer that a trainer's module name means, or null.</summary>
    public string? Find(string module)
    {
        bool isFlat = Array.Exists(FlatPrefixes, prefix => module.StartsWith(prefix, StringComparison.Ordinal));
        return isFlat ? FindFlat(module) ?? FindFlat(Wrappers.Aggregate(module, (name, wrapper) => name.Replace($"_{wrapper}_", "_", StringComparison.Ordinal)))
            : FindDotted(module) ?? FindDotted(string.Join('.', module.Split('.').Where(part => !Wrappers.Contains(part))));
    }

    private string? FindDotted(string name)
    {
        // Prefixes stack: PEFT's own stands before the trainer's.
        const int MostPrefixes = 4;
        for (int depth = 0; ; depth++)
        {
            if (Layer(name) is { } found) return found;
            string prefix = Prefixes.First(candidate => name.StartsWith(candidate, StringComparison.Ordinal));
            if (prefix.Length == 0 || depth == MostPrefixes) return null;
            name = name[prefix.Length..];
        }
    }

    private string? FindFlat(string name)
    {
        string? Beginning(string[] candidates) => Array.Find(candidates, candidate => name.StartsWith(candidate, StringComparison.Ordinal));
        for (string? prefix = Beginning(FlatPrefixes); prefix is not null; prefix = Beginning(FlatParts))
        {
            name = name[prefix.Length..];
            // The output projection is a list of one in the checkpoint, and not everywhere else.
            if ((flattened.GetValueOrDefault(name) ?? flattened.GetValueOrDefault(name + "_0")) is { } found) return found;
        }
        return null;
    }

    private static string Flat(string name) => name.Replace('.', '_');

    private string? Layer(string name)
    {
        if (layers.Contains(name)) return name;
        // The output projection is a list of one in the checkpoint, and not everywhere else.
        if (layers.Contains(name + ".0")) return name + ".0";
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string top = dot < 0 ? name : name[..dot];
        if (!DiffusersTop.TryGetValue(top, out string? renamed)) return null;
        string native = renamed + (dot < 0 ? "" : name[dot..]);
        return layers.Contains(native) ? native : null;
    }
}
