"""A language server: what the rules say of the text in an editor, its repairs, meanings and completions."""
