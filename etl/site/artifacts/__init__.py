"""The JSON and Parquet files of the site, a module for each family."""
