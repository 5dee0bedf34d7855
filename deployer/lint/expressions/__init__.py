"""What lint knows of the JavaScript inside `{{...}}`: where it stands, whether it parses, what it reads.

From the text inwards: `scanning` finds scripts in a text, `syntax` parses one, `reading` turns its
tree into an `Expression` (data only), `conditions` reasons about when conditions are true. From the
workflow: `places` finds every script of a file with its place, `flow` says which data can be set
where. The rules read those; nothing here knows a rule.
"""
