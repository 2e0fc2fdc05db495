"""A builder without a program: the layers of the base image, the locked dependencies, and the integration's folder."""
