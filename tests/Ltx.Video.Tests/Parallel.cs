// The tests wait more than they compute: for programs to be loaded, and for time to pass. Two for each of a small machine's two cores.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
