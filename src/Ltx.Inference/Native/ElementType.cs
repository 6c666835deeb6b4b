namespace Ltx.Inference.Native;

/// <summary>Element types of weight files, by the numbers of c10::ScalarType. TorchSharp's own list ends at BFloat16.</summary>
public enum ElementType
{
    UInt8 = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Float16 = 5,
    Float32 = 6,
    Float64 = 7,
    Bool = 11,
    BFloat16 = 15,
    Float8E5M2 = 23,
    Float8E4M3 = 24,
}
