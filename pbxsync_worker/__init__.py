"""What is done: the worker side of PBXSync, from reaching data to proving a run."""
