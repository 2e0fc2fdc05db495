"""The tasks, a module for one verb or for a few related ones; `menu` lists them, `program` adapts them to Invoke."""
