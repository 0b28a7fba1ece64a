# Reference values of R's metafor for the tables beside this file:
#   python validation/reference/tables.py && Rscript validation/reference/make.R
# Debian: r-base-core, r-cran-metafor, r-cran-jsonlite. Iterations are converged as far as doubles go:
# metafor's defaults are absolute and can be off by percents of a standard error for risk differences.
suppressMessages({library(metafor); library(jsonlite)})
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
tables <- fromJSON(file.path(here, "tables.json"))
tight <- list(threshold = 1e-13, maxiter = 10000, tol = 1e-14)

number <- function(x) if (is.null(x)) NA else as.numeric(x)
attempt <- function(code) tryCatch(suppressWarnings(code), error = function(e) list(error = conditionMessage(e)))
columns <- function(x, names) lapply(setNames(names, names), function(name) as.numeric(x[[name]]))

fit <- function(y, v, method, test) attempt({
  one <- rma(yi = y, vi = v, method = method, test = test, control = tight)
  ahead <- if (test == "z") predict(one) else predict(one)
  list(method = method, test = test, k = one$k, estimate = number(one$beta), se = one$se, p = one$pval,
       low = one$ci.lb, high = one$ci.ub, tau2 = one$tau2, i2 = one$I2, q = one$QE, q_p = one$QEp,
       pi_low = ahead$pi.lb, pi_high = ahead$pi.ub)
})

of_effects <- function(y, v, order, moderator) {
  found <- list(yi = y, vi = v)
  found$fits <- list()
  for (method in c("EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"))
    for (test in c("z", "knha", "adhoc"))
      if (!(method == "EE" && test != "z") && !(test == "adhoc" && method %in% c("ML", "HS")))
        found$fits[[length(found$fits) + 1]] <- fit(y, v, method, test)
  one <- attempt(rma(yi = y, vi = v, method = "REML", control = tight))
  if (is.null(one$error)) {
    found$q_profile <- attempt(as.numeric(confint(one, control = list(tol = 1e-14, tau2.max = 1e4))$random[1, ]))
    found$blup <- attempt(columns(blup(one), c("pred", "se")))
    found$regtest <- attempt({ t <- regtest(one); list(z = t$zval, p = t$pval) })
    found$regtest_lm <- attempt({ t <- regtest(one, model = "lm"); list(t = t$zval, p = t$pval) })
    found$ranktest <- attempt({ t <- ranktest(one); list(tau = number(t$tau), p = t$pval) })
    if (one$k > 2) {
      found$leave_one_out <- attempt(columns(leave1out(one), c("estimate", "se", "tau2", "Q", "I2")))
      found$cumulative <- attempt(columns(cumul(one, order = order), c("estimate", "se", "tau2", "I2")))
      found$influence <- attempt({
        i <- influence(one)
        c(columns(i$inf, c("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat")),
          list(dfbs = as.numeric(i$dfbs[[1]]), is.infl = as.logical(i$is.infl)))
      })
      found$baujat <- attempt({ b <- baujat(rma(yi = y, vi = v, method = "EE")); columns(b, c("x", "y")) })
      found$trimfill <- attempt({ t <- trimfill(one); list(estimate = number(t$beta), k0 = t$k0, side = t$side) })
    }
    if (one$k > 3) found$regression <- attempt({
      r <- rma(yi = y, vi = v, mods = ~ moderator, method = "REML", test = "knha", control = tight)
      list(estimate = as.numeric(r$beta), se = r$se, tau2 = r$tau2, p = as.numeric(r$pval), qe = r$QE)
    })
    if (one$k <= 6) found$gosh <- attempt({
      g <- gosh(rma(yi = y, vi = v, method = "DL"), progbar = FALSE)$res
      list(sum_estimate = sum(g$estimate), sum_i2 = sum(g$I2), subsets = nrow(g))
    })
  }
  found
}

result <- lapply(tables, function(t) {
  found <- list()
  if (!is.null(t$a)) {
    for (measure in c("OR", "RR", "RD")) {
      e <- escalc(measure, ai = t$a, n1i = t$n1, ci = t$c, n2i = t$n2)
      found[[measure]] <- of_effects(as.numeric(e$yi), as.numeric(e$vi), t$order, t$moderator)
      m <- attempt(rma.mh(ai = t$a, n1i = t$n1, ci = t$c, n2i = t$n2, measure = measure))
      found[[measure]]$mh <- if (is.null(m$error)) list(estimate = number(m$beta), se = m$se, q = m$QE) else m
    }
    p <- attempt(rma.peto(ai = t$a, n1i = t$n1, ci = t$c, n2i = t$n2))
    found$peto <- if (is.null(p$error)) list(estimate = number(p$beta), se = p$se, q = p$QE) else p
  } else {
    for (measure in c("MD", "SMD", "ROM")) {
      e <- escalc(measure, m1i = t$m1, sd1i = t$sd1, n1i = t$n1, m2i = t$m2, sd2i = t$sd2, n2i = t$n2)
      found[[measure]] <- of_effects(as.numeric(e$yi), as.numeric(e$vi), t$order, t$moderator)
    }
  }
  found
})
software <- list(R = R.version.string, metafor = as.character(packageVersion("metafor")))
write(toJSON(list(software = software, results = result), digits = I(14), auto_unbox = TRUE, na = "null", null = "null"),
      file.path(here, "reference.json"))
