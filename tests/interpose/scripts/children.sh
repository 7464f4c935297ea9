# SPDX-License-Identifier: MIT
# A shell that forks, waits, and runs other programs.
for i in 1 2 3; do
  (echo "$i" && wc -l <input) &
  wait
done
lines=$(sort input | uniq)
echo "$lines"
