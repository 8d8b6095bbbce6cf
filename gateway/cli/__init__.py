"""The command a person types: `edge-gateway VERB`. One file per verb; the verbs are found by looking at the files."""
