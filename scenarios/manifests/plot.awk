# Bars of what at-scale.sh prints: "iptables 100 Services connect 0.031 ms update 12.3 ms".
{
  count[NR] = $2
  value["connect", NR] = $5
  value["update", NR] = $8
}
END {
  split("connect update", kinds, " ")
  for (k = 1; k in kinds; k++) {
    longest = 0
    for (row = 1; row <= NR; row++) if (value[kinds[k], row] > longest) longest = value[kinds[k], row]
    printf "%s: Services, time\n", kinds[k]
    for (row = 1; row <= NR; row++) {
      printf "  %5d %9.3f ms ", count[row], value[kinds[k], row]
      for (dot = 0; dot < 60 * value[kinds[k], row] / longest; dot++) printf "█"
      print ""
    }
  }
}
