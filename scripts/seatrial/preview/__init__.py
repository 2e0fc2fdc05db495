"""The preview of a mapping: raw objects in, the entities that Ocean would make of them out."""
