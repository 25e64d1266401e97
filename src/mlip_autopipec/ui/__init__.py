"""The web page: a config composed in a form, launched, followed, and its results explored."""
