using Ltx.Inference.Lora;

namespace Ltx.Inference.Tests.Lora;

[Fast]
public class LoraNamesTests
{
    private static readonly LoraNames Names = new(
    [
        "patchify_proj", "audio_patchify_proj", "proj_out", "adaln_single.linear", "adaln_single.emb.timestep_embedder.linear_1", "audio_adaln_single.linear", "prompt_adaln_single.linear",
        "audio_prompt_adaln_single.linear", "av_ca_video_scale_shift_adaln_single.linear", "av_ca_audio_scale_shift_adaln_single.linear", "av_ca_a2v_gate_adaln_single.linear",
        "av_ca_v2a_gate_adaln_single.linear", "transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_out.0", "transformer_blocks.10.audio_to_video_attn.to_k",
        "transformer_blocks.0.ff.net.0.proj", "transformer_blocks.0.ff.net.2",
    ]);

    [Theory]
    [InlineData("transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("diffusion_model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("transformer.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("model.diffusion_model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("base_model.model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("base_model.model.diffusion_model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("base_model.model.model.diffusion_model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_unet_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_unet_model_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lycoris_transformer_blocks_10_audio_to_video_attn_to_k", "transformer_blocks.10.audio_to_video_attn.to_k")]
    [InlineData("lora_unet_transformer_blocks_0_ff_net_0_proj", "transformer_blocks.0.ff.net.0.proj")]
    [InlineData("lora_unet_transformer_blocks_0_attn1_to_out_0", "transformer_blocks.0.attn1.to_out.0")]
    [InlineData("lora_unet_transformer_blocks_0_attn1_to_out", "transformer_blocks.0.attn1.to_out.0")]
    [InlineData("diffusion_model.transformer_blocks.0.attn1.to_out.0", "transformer_blocks.0.attn1.to_out.0")]
    [InlineData("diffusion_model.transformer_blocks.0.attn1.to_out", "transformer_blocks.0.attn1.to_out.0")]
    [InlineData("diffusion_model.patchify_proj", "patchify_proj")]
    [InlineData("transformer.proj_in", "patchify_proj")]
    [InlineData("proj_in", "patchify_proj")]
    [InlineData("audio_proj_in", "audio_patchify_proj")]
    [InlineData("proj_out", "proj_out")]
    [InlineData("transformer.time_embed.linear", "adaln_single.linear")]
    [InlineData("time_embed.emb.timestep_embedder.linear_1", "adaln_single.emb.timestep_embedder.linear_1")]
    [InlineData("audio_time_embed.linear", "audio_adaln_single.linear")]
    [InlineData("prompt_adaln.linear", "prompt_adaln_single.linear")]
    [InlineData("audio_prompt_adaln.linear", "audio_prompt_adaln_single.linear")]
    [InlineData("av_cross_attn_video_scale_shift.linear", "av_ca_video_scale_shift_adaln_single.linear")]
    [InlineData("av_cross_attn_audio_scale_shift.linear", "av_ca_audio_scale_shift_adaln_single.linear")]
    [InlineData("av_cross_attn_video_a2v_gate.linear", "av_ca_a2v_gate_adaln_single.linear")]
    [InlineData("base_model.model.av_cross_attn_audio_v2a_gate.linear", "av_ca_v2a_gate_adaln_single.linear")]
    [InlineData("diffusion_model._orig_mod.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("_orig_mod.transformer_blocks.0._orig_mod.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("module.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("module._orig_mod.transformer.proj_in", "patchify_proj")]
    [InlineData("_fsdp_wrapped_module.transformer_blocks.0._fsdp_wrapped_module.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("base_model.model.transformer_blocks.0._checkpoint_wrapped_module.attn1.to_out.0", "transformer_blocks.0.attn1.to_out.0")]
    [InlineData("base_model.model.transformer_blocks.0.attn1.to_q.base_layer", "transformer_blocks.0.attn1.to_q")]
    [InlineData("transformer.base_model.model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("velocity_model.transformer_blocks.0.attn1.to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_unet__orig_mod_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_unet_transformer_blocks__orig_mod_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_transformer_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_unet_diffusion_model_transformer_blocks_0_attn1_to_q", "transformer_blocks.0.attn1.to_q")]
    [InlineData("lora_transformer_time_embed_emb_timestep_embedder_linear_1", "adaln_single.emb.timestep_embedder.linear_1")]
    [InlineData("lora_transformer_proj_in", "patchify_proj")]
    public void Every_spelling_of_a_layer_is_found(string spelling, string layer) => Assert.Equal(layer, Names.Find(spelling));

    [Theory]
    [InlineData("")]
    [InlineData("diffusion_model.")]
    [InlineData("transformer_blocks.1.attn1.to_q")]
    [InlineData("transformer_blocks.0.attn1.to_q.1")]
    [InlineData("xtransformer_blocks.0.attn1.to_q")]
    [InlineData("lora_te_transformer_blocks_0_attn1_to_q")]
    [InlineData("transformer_blocks_0_attn1_to_q")]
    [InlineData("lora_unet_")]
    [InlineData("lora_te_proj_out")]
    [InlineData("module")]
    [InlineData("text_encoder.transformer.proj_out")]
    [InlineData("double_blocks.0.img_attn.qkv")]
    [InlineData("text_encoder.layers.0.self_attn.q_proj")]
    public void Other_names_are_no_layer(string name) => Assert.Null(Names.Find(name));
}
