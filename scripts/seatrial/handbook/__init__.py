"""The documentation that is generated from the code: rules, their examples, pictures, the table of rooms."""
