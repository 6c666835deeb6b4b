namespace Ltx.Video.Tests;

internal static class Correlation
{
    /// <summary>Normalised correlation of <paramref name="a"/> with <paramref name="b"/> moved back by <paramref name="lag"/> samples.</summary>
    public static double At(float[] a, float[] b, int lag)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = Math.Max(0, -lag); i < Math.Min(a.Length, b.Length - lag); i++)
        {
            ab += a[i] * b[i + lag];
            aa += a[i] * a[i];
            bb += b[i + lag] * b[i + lag];
        }

        return ab / Math.Sqrt((aa * bb) + 1e-30);
    }

    /// <summary>The lag of the greatest correlation within plus or minus <paramref name="reach"/> samples.</summary>
    public static int BestLag(float[] a, float[] b, int reach) => Enumerable.Range(-reach, (2 * reach) + 1).MaxBy(lag => At(a, b, lag));
}
