// Every kernel of the project, in one module.
#include "attention.cu"
#include "feed_forward.cu"
#include "lora.cu"
#include "modulate.cu"
#include "quantize.cu"
#include "video_vae.cu"
