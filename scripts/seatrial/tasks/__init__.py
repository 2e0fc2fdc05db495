"""The tasks: one module a verb; `menu` lists them, `program` makes tasks of Invoke of them."""
