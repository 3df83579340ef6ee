"""The steps, one file each, named by their number; a file that was released is never changed."""
