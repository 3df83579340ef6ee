"""Which sessions there are: made, found, entered, renewed and closed; and the secrets that open them."""
