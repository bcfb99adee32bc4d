"""Figures, one module per family. Every function takes arrays or tensors (on any device) and returns
the `Figure`; none calls `plt.show()`. A `title` stands above what is drawn."""
