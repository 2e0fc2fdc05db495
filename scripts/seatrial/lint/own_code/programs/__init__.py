"""Programs that run in an integration's environment, in the sandbox. They import nothing of Seatrial."""
