// Round-trip times are measured here: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
