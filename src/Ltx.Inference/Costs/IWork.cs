namespace Ltx.Inference.Costs;

/// <summary>A measure of work that adds up.</summary>
internal interface IWork<T> where T : IWork<T>
{
    static abstract T operator +(T a, T b);

    static abstract T operator *(double times, T each);
}
