"""What lives on the line: outbound calls, inbound calls, second legs, and who watches them."""
