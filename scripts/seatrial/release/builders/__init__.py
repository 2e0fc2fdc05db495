"""Programs that build images, behind one interface: docker buildx, podman, buildah."""
