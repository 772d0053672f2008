// Most tests wait rather than compute: for time that is driven in small steps, or for processes.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
