"""Kinds of alarm rules, one file each; `gateway.rules.rule` says what a kind promises."""
