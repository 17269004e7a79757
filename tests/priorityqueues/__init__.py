"""Resources that tests of several rooms share: right ones, and one for each mistake."""
