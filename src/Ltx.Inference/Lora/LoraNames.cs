namespace Ltx.Inference.Lora;

/// <summary>
/// From the names that trainers give to the names of this model's layers. A name is only taken apart as far as a layer is found.
/// </summary>
internal sealed class LoraNames
{
    // Tried in this order; longer ones first where one begins with another.
    private static readonly string[] Prefixes = ["base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "model.", ""];

    // Flattened names (kohya and its forks): every dot is an underscore.
    private static readonly string[] FlatPrefixes = ["lora_unet_model_", "lora_unet_", "lycoris_"];

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
        flattened = this.layers.ToDictionary(name => name.Replace('.', '_'), name => name, StringComparer.Ordinal);
    }

    /// <summary>The layer that a trainer's module name means, or null.</summary>
    public string? Find(string module)
    {
        string name = module;
        // Prefixes stack: PEFT's own stands before the trainer's.
        for (int depth = 0; depth < 3; depth++)
        {
            string prefix = Prefixes.First(candidate => name.StartsWith(candidate, StringComparison.Ordinal));
            if (Layer(name) is { } found) return found;
            if (prefix.Length == 0) break;
            name = name[prefix.Length..];
        }
        if (Layer(name) is { } last) return last;
        string? flat = FlatPrefixes.FirstOrDefault(prefix => module.StartsWith(prefix, StringComparison.Ordinal));
        return flat is null ? null : flattened.GetValueOrDefault(module[flat.Length..]) ?? flattened.GetValueOrDefault(module[flat.Length..] + "_0");
    }

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
