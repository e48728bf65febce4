complete --keep-order --exclusive --command redos --arguments "(COMPLETE=fish redos -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
