"""Developer tools: generators of the documents, and a count of the lines of code."""
