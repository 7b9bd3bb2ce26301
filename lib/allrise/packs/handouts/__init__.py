"""Hand-outs that people take into the meeting, one module a format, all made from the same blocks as the page."""
