"""From a folder that passes its checks to an open pull request: the steps, the text, the place."""
