"""Both voices of a session in one stereo file, as they were heard: the user left, the agent right."""
