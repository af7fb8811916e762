"""Read models of the screens: what each page shows, as frozen values."""
