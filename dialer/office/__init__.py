"""What people and programs may do: check the right, do it, record it, answer with a value.

One matter a file, beneath every face. A face reads what was asked and shows the answer; it decides
nothing. Each use case takes the `Request` first: who asks, of which store, when.
"""
