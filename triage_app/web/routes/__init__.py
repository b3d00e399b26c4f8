"""Our own routes: uploads, images, documents, tables."""
