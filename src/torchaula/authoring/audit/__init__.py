"""The course's examiner: small changes of each model solution, which graded cells must tell from it."""
