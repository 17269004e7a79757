"""`giveway doctor`: gather facts (`facts`), judge them in pure code (`findings`), say them."""
