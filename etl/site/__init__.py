"""The site folder's contents, pure: query rows in, artifact documents and their JSON Schemas out. No I/O here."""
