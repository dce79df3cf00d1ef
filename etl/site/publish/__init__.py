"""The site folder: written, compared, drawn, served."""
