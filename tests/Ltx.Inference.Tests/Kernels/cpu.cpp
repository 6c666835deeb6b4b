#include "cpu.h"
#include "kernels.cu"

EXPORT(add_gated)
EXPORT(gate_heads)
EXPORT(gelu)
EXPORT(merge)
EXPORT(norm_modulate)
EXPORT(norm_rotate)
EXPORT(norm_silu)
EXPORT(quantize_rows)
