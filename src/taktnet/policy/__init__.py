"""Pull rules: pure compiled kernels, called live and by the twin."""
