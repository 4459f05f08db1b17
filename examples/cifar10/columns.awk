# Puts columns before those of CSV, which has a header more after every blank line: awk -v names=a,b -v values=1,2 -f columns.awk
$0 == "" { is_head = 1; print; next }
NR == 1 || is_head { is_head = 0; print names "," $0; next }
{ print values "," $0 }
