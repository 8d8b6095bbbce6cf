"""One file, one kind of derived series. A file that is dropped in here is known: nobody edits a list."""
